"""What is configured, what is missing, and how to get it."""

from collections.abc import Mapping

from bot.diagnosis.findings import Finding, Verdict
from bot.domain.schedule import describe
from bot.settings import Settings
from bot.settings.load import ENVIRONMENT
from bot.understanding.vectors import installed_encoders


def configured(settings: Settings) -> list[Finding]:
    """Say what the configuration holds."""
    folders = ", ".join(str(folder) for folder in settings.config_folders)
    counts = (
        f"{len(settings.feeds)} feeds, {len(settings.outlets)} outlets, "
        f"{len(settings.names)} names, topics: {', '.join(settings.topics)}"
    )
    return [
        Finding(subject="configuration", verdict=Verdict.OK, detail=folders),
        Finding(subject="configured", verdict=Verdict.OK, detail=counts),
        Finding(
            subject="console digest",
            verdict=Verdict.OK,
            detail=f"{', '.join(settings.console.topics)}, {describe(settings.console_schedule)}",
        ),
    ]


def encoder() -> Finding:
    """Check that entries can be turned into vectors."""
    found = installed_encoders()
    if found:
        return Finding(subject="vectors", verdict=Verdict.OK, detail=", ".join(found))
    return Finding(
        subject="vectors",
        verdict=Verdict.WRONG,
        detail="no sentence vectors are installed",
        mend="Install the locked requirements: pip install -r requirements.txt.",
    )


def environment(environ: Mapping[str, str]) -> list[Finding]:
    """Say which variables are set."""
    # Values may be secrets: only whether they are set is shown.
    return [
        Finding(
            subject=name,
            verdict=Verdict.OK if environ.get(name) else Verdict.UNSET,
            detail="set" if environ.get(name) else "",
            mend="" if environ.get(name) else f"Optional: {meaning}.",
        )
        for name, meaning in ENVIRONMENT.items()
    ]
