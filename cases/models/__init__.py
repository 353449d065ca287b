"""The models of covenants, persons, cases and all facts of a case, from admission to exit."""

from cases.models.cases import Case, CaseParty, PartyBasis
from cases.models.course import (
    DEPARTURES,
    DURABLE,
    Admission,
    AdmissionAnswer,
    AdmissionOutcome,
    AdmissionTest,
    Answer,
    Body,
    Confirmation,
    ExceptionGround,
    Exit,
    ExitCategory,
    Procedure,
    ProcedureKind,
    ProcedureOutcome,
    Profile,
    Stay,
    StayKind,
    WaitingListEntry,
)
from cases.models.covenants import Covenant, CovenantDeviation, SafeCountryRule
from cases.models.facts import CaseFact, Fact
from cases.models.imported import ImportedCase
from cases.models.merges import Merge
from cases.models.notes import Compartment, Note
from cases.models.persons import IdentitySource, IdentityStatement, IdentityStatus, Person, Sex
from cases.models.rows import CaseRowQuerySet

__all__ = [
    "DEPARTURES",
    "DURABLE",
    "Admission",
    "AdmissionAnswer",
    "AdmissionOutcome",
    "AdmissionTest",
    "Answer",
    "Body",
    "Case",
    "CaseFact",
    "CaseParty",
    "CaseRowQuerySet",
    "Compartment",
    "Confirmation",
    "Covenant",
    "CovenantDeviation",
    "ExceptionGround",
    "Exit",
    "ExitCategory",
    "Fact",
    "IdentitySource",
    "IdentityStatement",
    "IdentityStatus",
    "ImportedCase",
    "Merge",
    "Note",
    "PartyBasis",
    "Person",
    "Procedure",
    "ProcedureKind",
    "ProcedureOutcome",
    "Profile",
    "SafeCountryRule",
    "Sex",
    "Stay",
    "StayKind",
    "WaitingListEntry",
]
