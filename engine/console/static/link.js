// @ts-check
// One WebSocket to the room, opened again and again: the music does not need this page, so nothing here is urgent.

const SILENT_MS = 3000;
const LONGEST_WAIT_MS = 2000;

/**
 * @param {(message: any) => void} hear
 * @param {(connected: boolean) => void} changed
 */
export function connect(hear, changed) {
  /** @type {WebSocket | null} */
  let socket = null;
  let heardAt = 0;
  let wait = 200;
  let timer = 0;

  function start() {
    clearTimeout(timer);
    if (socket) return;
    const opened = new WebSocket(`ws://${location.host}/room`);
    socket = opened;
    heardAt = performance.now();
    opened.onmessage = (event) => {
      if (socket !== opened) return;
      heardAt = performance.now();
      const message = JSON.parse(event.data);
      if (message.hello) {
        wait = 200;
        changed(true);
      }
      hear(message);
    };
    opened.onclose = () => lost(opened);
  }

  /** @param {WebSocket} closed */
  function lost(closed) {
    if (socket !== closed) return;
    socket = null;
    changed(false);
    timer = setTimeout(start, wait * (0.75 + Math.random() / 2));
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }

  setInterval(() => {
    if (socket && performance.now() - heardAt > SILENT_MS) {
      const deaf = socket;
      deaf.onclose = null;
      deaf.close();
      lost(deaf);
    }
  }, 500);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !socket) start();
  });

  return {
    start,
    /** @param {object} ask @returns {boolean} whether it went out */
    send(ask) {
      if (!socket || socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(ask));
      return true;
    },
  };
}
