"""Imports without what we do not use of them."""

import sys
from importlib import import_module


def import_structlog() -> None:
    """Import structlog without rich, as where rich is not installed.

    It would take it, and Pygments with it, for tracebacks in colours and with the values of
    variables: ours are plain, for such values may be tokens. That is a tenth of a start.
    """
    if "structlog" in sys.modules:
        return
    rich = sys.modules.get("rich")
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import_module("structlog")
    finally:
        del sys.modules["rich"]
        if rich is not None:
            sys.modules["rich"] = rich
