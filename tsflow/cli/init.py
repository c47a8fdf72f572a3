"""The command that begins a project."""

from pathlib import Path

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config
from tsflow.cli.output import note
from tsflow.errors import ConfigError


@command
def init(config: Config = CONFIG) -> None:
    """Write a commented tsflow.yaml that names every setting and its default."""
    from tsflow.config.template import project_template

    try:
        with Path(config).open("x", encoding="utf-8") as file:
            file.write(project_template())
    except FileExistsError:
        raise ConfigError(f"{config}: is there already; remove it, or write another with --config") from None
    except OSError as error:
        raise ConfigError(f"{config}: cannot be written: {error.strerror}") from None
    note(f"{config} written: say in it where your series are, then `tsflow doctor` and `tsflow run`")
