"""The decisions of the LSO that the MRT brings: escalating a case, and what is done with the advice."""

from mrt.decisions import advice_adopted, advice_deviated, escalated

__all__ = ["advice_adopted", "advice_deviated", "escalated"]
