"""Commands that look after the database itself."""

from typing import Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config
from tsflow.cli.output import note

_Database = Annotated[
    str | None,
    typer.Option(envvar="TSFLOW_DATABASE", metavar="URL", help="The database; no YAML file is needed then."),
]

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.command()
@command
def upgrade(config: Config = CONFIG, database: _Database = None) -> None:
    """Bring tables and views to this version's schema; rows stay. Running it again changes nothing."""
    from tsflow.config import database_url
    from tsflow.store import migrate
    from tsflow.store.engine import opened, place

    with opened(database_url(config, database)) as engine:
        before = migrate.revision(engine)
        migrate.upgrade(engine)
        after = migrate.revision(engine)
    done = f"already at revision {after}" if before == after else f"from {before or 'nothing'} to revision {after}"
    note(f"{place(engine)}: {done}")
