"""The command line: mrtutor lab · check · fetch · train."""

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

from . import __version__

EPILOG = "Start with `mrtutor check`, then `mrtutor lab`."


def quoted(path: Path) -> str:
    """A path as the reader's shell wants it."""
    return subprocess.list2cmdline([str(path)]) if os.name == "nt" else shlex.quote(str(path))


def lab(args: argparse.Namespace) -> int:
    """Make or refresh the working copies, then start JupyterLab. After --reset it only says what it did."""
    from .lab import is_root, prepare, read_values, reset, serve

    if args.reset:
        copy, backup = reset(args.folder, args.reset)
        print(f"{copy} is as new." + (f" What was there is kept in {backup.name}." if backup else ""))
        return 0
    for name, state in prepare(args.folder).items():
        again = f"mrtutor lab {quoted(args.folder)} --reset {Path(name).stem.partition('_')[0]}"
        hint = f" (to get it and keep a backup of yours: {again})" if "changed" in state else ""
        print(f"{name:28} {state}{hint}")
    if not read_values():
        print('Where the text says "(run the cell)" stands a number of the book, which was not built here (make book).')
    if not args.start:
        return 0
    if is_root():
        print("You are root: a cell may change any file of this machine or container.")
    print(f"JupyterLab opens in {args.folder}. Stop it with Ctrl+C.", flush=True)
    return serve(args.folder, args.browser, args.port, args.extra)


def check(args: argparse.Namespace) -> int:
    """Ten lines about this machine; status 1 when it is not ready."""
    from .machine import check as machine_is_ready

    return 0 if machine_is_ready() else 1


def fetch(args: argparse.Namespace) -> int:
    """Download and convert public raw data, or list it."""
    from .scan import find
    from .sources import SOURCES, entry

    if not (args.names or args.all or args.list):
        print("Name what to fetch, or --all:")
    if args.list or not (args.names or args.all):
        for name, source in SOURCES.items():
            print(f"{name:18} {'here' if find(name) else '-':5} {source.label} ({source.licence})")
        return 0
    names = list(SOURCES) if args.all else args.names
    for name in names:
        entry(name)  # a wrong name is said before anything is downloaded
    from .fetch import fetch as fetch_one

    for name in names:
        print(f"{name}: {fetch_one(name, args.folder)}")
    return 0


def train(args: argparse.Namespace) -> int:
    """Train a network of the course from its recipe, and write its weight file."""
    from .training import recipe as recipes

    if args.list or not args.name:
        for name in recipes.names():
            one = recipes.recipe(name)
            print(f"{name:22} {one.network}, {one.steps} steps of {one.batch}")
        return 0
    from .machine import best_device
    from .training.run import run

    print(run(args.name, args.folder, args.steps, args.device or best_device(), args.resume))
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    top = argparse.ArgumentParser("mrtutor", description="A hands-on course in MR image reconstruction.", epilog=EPILOG)
    top.add_argument("--version", action="version", version=f"mrtutor {__version__}")
    commands = top.add_subparsers(required=True, metavar="lab | check | fetch | train")

    one = commands.add_parser(
        "lab",
        help="open the chapters in JupyterLab",
        description=lab.__doc__,
        epilog="What stands behind -- goes to JupyterLab: mrtutor lab -- --ip=0.0.0.0",
    )
    one.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("mrtutor-course"),
        metavar="DIR",
        help="your working folder (default: ./mrtutor-course); files you edited in it are never overwritten",
    )
    one.add_argument("--reset", metavar="NN", help="write chapter NN afresh, keep a backup of yours, and stop")
    one.add_argument("--no-browser", dest="browser", action="store_false", help="print the address, open no browser")
    one.add_argument("--no-start", dest="start", action="store_false", help="make the working copies only")
    one.add_argument(
        "--allow-root", action="store_true", help="as in JupyterLab; not needed here, root is told instead"
    )
    one.add_argument("--port", type=int, help="port of JupyterLab (default: the first free one from 8888)")
    one.set_defaults(run=lab)

    one = commands.add_parser("check", help="is this machine ready?", description=check.__doc__)
    one.set_defaults(run=check)

    one = commands.add_parser("fetch", help="download public raw data", description=fetch.__doc__)
    one.add_argument("names", nargs="*", metavar="NAME", help="what to fetch (see --list)")
    one.add_argument("--all", action="store_true", help="fetch everything")
    one.add_argument("--list", action="store_true", help="list what can be fetched, and what is here")
    one.add_argument(
        "--folder",
        type=Path,
        help="where to put it (default: a cache that the chapters know; they look in $MRTUTOR_DATA too)",
    )
    one.set_defaults(run=fetch)

    one = commands.add_parser(
        "train",
        help="train a network from its recipe",
        description=train.__doc__,
        epilog="Stopped or killed, it goes on with --resume. Several processes: torchrun --nproc_per_node=2 -m "
        "mrtutor train NAME",
    )
    one.add_argument("name", nargs="?", metavar="NAME", help="which recipe (see --list)")
    one.add_argument("--list", action="store_true", help="list the recipes")
    one.add_argument("--steps", type=int, help="train for so many steps instead of the recipe's")
    one.add_argument("--device", help="cuda, mps or cpu (default: the fastest that computes rightly)")
    one.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder")
    one.add_argument(
        "--folder", type=Path, default=Path(), help="where to put NAME.safetensors and its checkpoint (default: here)"
    )
    one.set_defaults(run=train)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status. What goes wrong for a known reason is one sentence, never a traceback."""
    argv = sys.argv[1:] if argv is None else argv
    own, extra = (argv[: argv.index("--")], argv[argv.index("--") + 1 :]) if "--" in argv else (argv, [])
    args = parser().parse_args(own)
    args.extra = extra
    try:
        return args.run(args)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else error
        print(f"mrtutor: {reason}", file=sys.stderr)
    except (ValueError, ImportError) as error:
        print(f"mrtutor: {error}", file=sys.stderr)
    return 1
