"""The judge: gold, alignment, comparison, counts and statistics. No network, no model.

`score` compares predicted records with gold ones; `Compare` marks how a field of any Pydantic model is compared.
"""

from evals.profile import Compare
from evals.scoring import Item, Score, score

__all__ = ["Compare", "Item", "Score", "score"]
