"""``calando prune``: let old records go, after a person has seen which."""

import json as json_format
from pathlib import Path

import click

from engine.commands.parameters import FOLDER, Amount
from engine.errors import UsageError
from engine.record.folder import records_root, wall_time
from engine.record.retention import KEPT_DAYS, KeptRecord, described, older_than, records_in
from engine.record.retention import prune as let_go


@click.command()
@click.option(
    "--older-than", "days", type=Amount(1, 36_500), default=KEPT_DAYS, show_default=True, help="Days since it began."
)
@click.option("--record", type=FOLDER, default=None, help="Where records are kept.")
@click.option("--dry-run", is_flag=True, help="Only say which.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print which as JSON; with --yes or --dry-run.")
def prune(*, days: float, record: Path | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove records that have been kept long enough, for good.

    Nothing else ever removes a record. Folders that calando did not make are left alone, and what went is noted in
    pruned.jsonl beside them.
    """
    if record is not None and not record.is_dir():
        raise UsageError(f"There is no folder {record}: name the one where records are kept.")
    root = records_root(record)
    now = wall_time()
    old = older_than(records_in(root), days, now)
    if as_json:
        click.echo(json_format.dumps([_fields(each) for each in old]))
    else:
        _tell(old, days, root)
    if old and not dry_run and (yes or (not as_json and click.confirm("Remove them for good?", default=False))):
        let_go(root, old, now)
        click.echo(f"Removed: {described(old)}.", err=as_json)


def _tell(old: list[KeptRecord], days: float, root: Path) -> None:
    for each in old:
        click.echo(f"{each.started:%Y-%m-%d %H:%M}  {each.size_bytes / 1e6:6.1f} MB  {each.path.name}")
    click.echo(f"{described(old)} in {root} older than {days:g} days.")


def _fields(record: KeptRecord) -> dict[str, object]:
    started = record.started.isoformat(timespec="seconds")
    return {"path": str(record.path), "started": started, "bytes": record.size_bytes}
