"""The stages of an escalation, the moves between them, whose turn it is in each stage and how long it may take.

This module is data only. The acts read it before they change anything, the pages show it, and `docs/architecture.md`
draws it. `mrt/progress.py` derives in which stage an escalation is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import TextChoices

from accounts.permissions import Permission


class Stage(TextChoices):
    """The stages, in the order of the work."""

    REQUESTED = "requested", "Aangevraagd"
    COMPOSED = "composed", "Team compleet"
    DISCUSSED = "discussed", "Besproken"
    DRAFTED = "drafted", "Advies in concept"
    ADVISED = "advised", "Advies gegeven"
    STEERING = "steering", "Bij de stuurgroep"
    PROGRAMME = "programme", "Bij de programmaraad"
    ADMINISTRATIVE = "administrative", "Bij het bestuurlijk overleg"
    RULED = "ruled", "Uitspraak terug bij het LSO"
    ANSWERED = "answered", "Beantwoord"
    CLOSED = "closed", "Zaak gesloten"


class Turn(TextChoices):
    """Who has to act."""

    MDT = "mdt", "het Multidisciplinair Team"
    MEMBER = "member", "een lid van het team"
    LSO = "lso", "het LSO"
    OWNER = "owner", "wie de zaak inbrengt"


# No move leads out of these.
DONE = frozenset({Stage.ANSWERED, Stage.CLOSED})
# The bodies above the LSO and the MRT, lowest first (domain 1.3).
LADDER = (Stage.STEERING, Stage.PROGRAMME, Stage.ADMINISTRATIVE)
# The stages before the advice, in which the team can still change.
BEFORE_ADVICE = frozenset({Stage.REQUESTED, Stage.COMPOSED, Stage.DISCUSSED, Stage.DRAFTED})


@dataclass(frozen=True)
class Term:
    """Within how many days a stage has to end, by whom and by which move. No source names a term: these are ours."""

    turn: Turn
    move: str
    days: int


TERMS: Mapping[Stage, Term] = {
    Stage.REQUESTED: Term(Turn.MDT, "seat", 14),
    Stage.COMPOSED: Term(Turn.MDT, "discuss", 21),
    Stage.DISCUSSED: Term(Turn.MDT, "draft", 14),
    Stage.DRAFTED: Term(Turn.MEMBER, "sign", 7),
    Stage.ADVISED: Term(Turn.LSO, "answer", 28),
    Stage.STEERING: Term(Turn.OWNER, "rule", 28),
    Stage.PROGRAMME: Term(Turn.OWNER, "rule", 42),
    Stage.ADMINISTRATIVE: Term(Turn.OWNER, "rule", 56),
    Stage.RULED: Term(Turn.LSO, "answer", 28),
}
# The terms, in days, of what is asked beside the stages: the preparation of a party, and the LSO's judgement of a
# waiver. Ours as well.
PREPARATION_TERM = 10
JUDGING_TERM = 7


@dataclass(frozen=True)
class Move:
    """A kind of act: its title on the button, the permission it takes, and per stage the stages it can lead to.

    A move that leads from a stage to itself is possible there and changes nothing about the stage.
    """

    title: str
    permission: Permission
    leads: Mapping[Stage, frozenset[Stage]]

    def refusal(self, stage: Stage) -> list[str]:
        """Why this move is not possible in a stage. Empty means it is."""
        return [] if stage in self.leads else [_STANDS[stage]]


def _stays(*stages: Stage) -> dict[Stage, frozenset[Stage]]:
    return {stage: frozenset({stage}) for stage in stages}


S, P = Stage, Permission
MOVES: Mapping[str, Move] = {
    "elaborate": Move("Aanvraag uitwerken", P.PREPARE_REVIEW, _stays(S.REQUESTED, S.COMPOSED)),
    "convene": Move("Overleg plannen", P.COMPOSE_TEAM, _stays(S.REQUESTED, S.COMPOSED)),
    "seat": Move(
        "Zetel toewijzen",
        P.COMPOSE_TEAM,
        {S.REQUESTED: frozenset({S.REQUESTED, S.COMPOSED})} | _stays(S.COMPOSED, S.DISCUSSED, S.DRAFTED),
    ),
    "release": Move(
        "Zetel vrijmaken",
        P.COMPOSE_TEAM,
        {S.COMPOSED: frozenset({S.REQUESTED, S.COMPOSED})} | _stays(S.REQUESTED, S.DISCUSSED, S.DRAFTED),
    ),
    "discuss": Move("Bespreking vastleggen", P.ADVISE, {S.COMPOSED: frozenset({S.DISCUSSED})} | _stays(S.DISCUSSED)),
    "draft": Move("Advies opstellen", P.ADVISE, {S.DISCUSSED: frozenset({S.DRAFTED})} | _stays(S.DRAFTED)),
    "remark": Move("Minderheidsopmerking schrijven", P.SIGN_ADVICE, _stays(S.DRAFTED)),
    "sign": Move("Advies ondertekenen", P.SIGN_ADVICE, {S.DRAFTED: frozenset({S.ADVISED})}),
    "revise": Move("Advies heropenen", P.ADVISE, {S.ADVISED: frozenset({S.DRAFTED})}),
    "answer": Move(
        "Advies beantwoorden",
        P.ANSWER_ADVICE,
        {S.ADVISED: frozenset({S.ANSWERED}), S.RULED: frozenset({S.ANSWERED})},
    ),
    "climb": Move(
        "Hogerop brengen",
        P.RAISE_ESCALATION,
        {S.ADVISED: frozenset({S.STEERING}), S.RULED: frozenset({S.PROGRAMME, S.ADMINISTRATIVE})},
    ),
    "rule": Move(
        "Uitkomst vastleggen",
        P.RAISE_ESCALATION,
        {
            S.STEERING: frozenset({S.RULED, S.PROGRAMME}),
            S.PROGRAMME: frozenset({S.RULED, S.ADMINISTRATIVE}),
            S.ADMINISTRATIVE: frozenset({S.RULED}),
        },
    ),
}
# Closing the case is no move of the MRT. It ends the escalation from every stage before the answer.
CLOSING = {stage: frozenset({S.CLOSED}) for stage in Stage if stage not in DONE}

# The reason that a refused move gives, by stage.
_STANDS: Mapping[Stage, str] = {
    S.REQUESTED: "Het MRT is nog niet compleet.",
    S.COMPOSED: "Leg eerst de bespreking vast.",
    S.DISCUSSED: "Er is nog geen advies.",
    S.DRAFTED: "Het advies is nog niet ondertekend.",
    S.ADVISED: "Er is al een advies.",
    S.STEERING: "De zaak ligt bij de stuurgroep.",
    S.PROGRAMME: "De zaak ligt bij de programmaraad.",
    S.ADMINISTRATIVE: "De zaak ligt bij het bestuurlijk overleg.",
    S.RULED: "De uitspraak ligt bij het LSO.",
    S.ANSWERED: "Dit advies is al beantwoord.",
    S.CLOSED: "Deze zaak is gesloten.",
}


def diagram() -> str:
    """The moves that lead to another stage, as a Mermaid state diagram."""
    labels: dict[tuple[Stage, Stage], list[str]] = {}
    for name, move in MOVES.items():
        for start, reached in move.leads.items():
            for end in sorted(reached - {start}):
                labels.setdefault((start, Stage(end)), []).append(name)
    for start in CLOSING:
        labels[start, S.CLOSED] = ["close the case"]
    order = list(Stage)
    arrows = sorted(labels, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
    lines = [f"    {start} --> {end}: {', '.join(labels[start, end])}" for start, end in arrows]
    ends = [f"    {stage} --> [*]" for stage in Stage if stage in DONE]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {S.REQUESTED}: escalate", *lines, *ends])
