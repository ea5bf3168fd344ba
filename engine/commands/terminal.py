"""What a live session says to the terminal, which may go away while the music plays."""

import os

import click


def say(sentence: str) -> None:
    """Say a sentence. Where nobody can be told any more (a closed terminal, a full log) the rest goes nowhere."""
    try:
        click.echo(sentence)
    except OSError:
        hang_up()


def hang_up() -> None:
    """Let standard output go nowhere from now on, with what is left to flush."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
