"""The small learners that fit the weights: logistic regression and conditional choice."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
STEPS, SETTLED = 60, 1e-8


def chances(log_odds: Matrix) -> Matrix:
    """Return probabilities; minus infinity is 0."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))


def logistic(rows: Matrix, labels: Matrix, ridge: float) -> Matrix:
    """Return the weights of a logistic regression, the bias last (Newton's method, L2)."""
    design = np.hstack([rows, np.ones((len(rows), 1))])
    weights = np.zeros(design.shape[1])
    penalty = np.eye(len(weights)) * ridge
    penalty[-1, -1] = 1e-6
    for _ in range(STEPS):
        chance = chances(design @ weights)
        slope = design.T @ (chance - labels) + penalty @ weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < SETTLED:
            break
    return weights


def softmax_choice(design: Matrix, chosen: NDArray[np.intp], ridge: float) -> Matrix:
    """Return the weights of a conditional logit (McFadden 1974; Newton's method, L2).

    ``design`` has the shape (items, choices, signs): a sign weighs the same for each choice.
    """
    weights = np.zeros(design.shape[2])
    at = np.arange(len(chosen))
    for _ in range(STEPS):
        odds = design @ weights
        chance = np.exp(odds - odds.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        mean = np.einsum("nk,nkf->nf", chance, design)
        slope = (mean - design[at, chosen]).sum(axis=0) + ridge * weights
        bend = np.einsum("nk,nkf,nkg->fg", chance, design, design) - mean.T @ mean
        step = np.linalg.solve(bend + ridge * np.eye(len(weights)), slope)
        weights -= step
        if np.abs(step).max() < SETTLED:
            break
    return weights
