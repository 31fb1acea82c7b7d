"""Refits every weight from the development data and writes it to small files for review.

``python -m benchmarks.fit`` writes the fitted tables of ``config/topics/`` and the ``meaning``
of ``bot/understanding/data`` (``benchmarks.fit_relevance``), and ``centres.npz`` and
``stories.toml`` there (``benchmarks.fit_stories``). Nothing but weights and mean vectors is
written: no text leaves the data.
"""

import argparse

from benchmarks import fit_relevance, score_relevance
from benchmarks.fit_stories import fit_stories
from benchmarks.report import print_table


def main() -> None:
    """Refit everything; with ``--folds``, only score the relevance out of fold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", action="store_true", help="score out of fold, write nothing")
    parser.add_argument("--relevance", action="store_true", help="refit the relevance alone")
    asked = parser.parse_args()
    if asked.folds:
        print_table(score_relevance.relevance_rows(), title="Relevance out of fold")
        print_table(score_relevance.issue_rows(), title="Issues, leaving out each event")
        return
    fit_relevance.fit_and_write()
    if not asked.relevance:
        fit_stories()


if __name__ == "__main__":
    main()
