"""Commands that look after the database itself."""

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config
from tsflow.cli.output import note

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.command()
@command
def upgrade(config: Config = CONFIG) -> None:
    """Bring tables and views to this version's schema; rows stay. Running it again changes nothing."""
    from tsflow.config import load_project
    from tsflow.store import migrate
    from tsflow.store.engine import connect, place

    engine = connect(load_project(config).database.get_secret_value())
    try:
        before = migrate.revision(engine)
        migrate.upgrade(engine)
        after = migrate.revision(engine)
    finally:
        engine.dispose()
    done = f"already at revision {after}" if before == after else f"from {before or 'nothing'} to revision {after}"
    note(f"{place(engine)}: {done}")
