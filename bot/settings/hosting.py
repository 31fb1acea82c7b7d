"""What the host does to the bot that the bot cannot see from inside."""

from collections.abc import Mapping

# Heroku sets it in each of its dynos: https://devcenter.heroku.com/articles/dynos#local-environment-variables
DYNO = "DYNO"

EPHEMERAL_DISK = (
    "The database is a SQLite file on a dyno's disk, which Heroku wipes at least once a day: "
    "every subscription and all that has been told will be lost."
)
EPHEMERAL_MEND = (
    "Run `heroku addons:create heroku-postgresql:essential-0`: it sets DATABASE_URL, and the bot "
    "starts anew by itself. docs/heroku.md says more."
)


def loses_its_disk(environ: Mapping[str, str], database_url: str) -> bool:
    """Tell whether the database is a file that the host throws away."""
    return bool(environ.get(DYNO)) and database_url.startswith("sqlite")
