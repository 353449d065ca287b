"""The decisions of the LSO that this room adds: escalating a case, and adopting or deviating from the advice."""

from mrt.decisions import advice_adopted, advice_deviated, escalated

__all__ = ["advice_adopted", "advice_deviated", "escalated"]
