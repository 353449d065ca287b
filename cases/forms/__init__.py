"""The forms of cases. Their base: `ActForm` (one act, sent once) and `CaseForm` (an act on a case)."""

from cases.forms.base import ActForm, CaseForm, DayField, TextField, options

__all__ = ["ActForm", "CaseForm", "DayField", "TextField", "options"]
