"""The fixed national measurement set, as definitions: an indicator says what it counts and never computes.

The set `2020-11` is the one of the letter of 17 November 2020 (design 5). To add an indicator: one entry here, and one
row in `tests/monitor/test_indicators.py` with a small world and the figure that a person would count by hand.
"""

from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """What a figure counts. Different units are never added up."""

    PERSONS = "personen"
    CASES = "zaken"
    PLACES = "plaatsen"


class Population(Enum):
    """Among whom a figure counts."""

    INSIDE = "personen binnen het convenant"
    OUTSIDE = "personen buiten het convenant"
    EVERYBODY = "iedereen met een zaak"
    COVENANTS = "de convenanten die gelden"


class Source(Enum):
    """Which of the grouped queries of `measurement.py` gives the figure."""

    PERSONS = "persons"
    WAITING = "waiting"
    CASES = "cases"
    COVENANTS = "covenants"


@dataclass(frozen=True)
class Indicator:
    """`where` and `by` are SQL over the columns of the source (see `measurement.py`); `by` breaks the figure down."""

    code: str
    title: str
    definition: str
    where: str
    by: str = ""
    unit: Unit = Unit.PERSONS
    population: Population = Population.INSIDE
    source: Source = Source.PERSONS
    part_of: str = ""


ENDED_BY = "exit_category = '{}'"
DEPARTED = "exit_category in ('return', 'onward')"
AGE_BANDS = """case when age is null then 'unknown' when age < 18 then '0-17' when age < 30 then '18-29'
    when age < 40 then '30-39' when age < 50 then '40-49' when age < 60 then '50-59' else '60+' end"""
PROCEDURE_BANDS = """case when departure_procedures is null then 'unknown' when departure_procedures <= 1
    then departure_procedures::text when departure_procedures <= 5 then '2-5' else '6+' end"""
SAFE_COUNTRY = "case when from_safe_country is null then 'unknown' when from_safe_country then 'yes' else 'no' end"

COUNTED_ONCE = " Iedere persoon telt één keer, bij de zaak met het laatste verblijf."

SET_2020_11: tuple[Indicator, ...] = (
    Indicator(
        "capacity",
        "Afgesproken plaatsen",
        "Het aantal plaatsen in het convenant dat op de peildatum geldt.",
        where="true",
        unit=Unit.PLACES,
        population=Population.COVENANTS,
        source=Source.COVENANTS,
    ),
    Indicator(
        "sheltered",
        "Ooit opgevangen",
        "Personen die tot en met de peildatum ten minste één nacht in de LVV zijn opgevangen." + COUNTED_ONCE,
        where="true",
    ),
    Indicator(
        "present",
        "Aanwezig",
        "Personen die op de peildatum in de LVV verblijven. Wie op de peildatum vertrekt, telt niet meer mee.",
        where="is_present",
        part_of="sheltered",
    ),
    Indicator(
        "scenario",
        "Aanwezig met een scenario",
        "Aanwezige personen voor wie het LSO een begeleidingsscenario heeft vastgesteld dat op de peildatum geldt.",
        where="is_present and direction is not null",
        part_of="present",
    ),
    Indicator(
        "scenario_departure",
        "Scenario gericht op vertrek",
        "Aanwezige personen met een scenario gericht op terugkeer of doormigratie.",
        where="is_present and direction = 'departure'",
        part_of="scenario",
    ),
    Indicator(
        "scenario_stay",
        "Scenario gericht op verblijf",
        "Aanwezige personen met een scenario gericht op verblijf in Nederland.",
        where="is_present and direction = 'stay'",
        part_of="scenario",
    ),
    Indicator(
        "no_scenario",
        "Nog zonder scenario",
        "Aanwezige personen voor wie op de peildatum geen scenario geldt.",
        where="is_present and direction is null",
        part_of="present",
    ),
    Indicator(
        "waiting",
        "Op de wachtlijst",
        "Personen die op de peildatum op de wachtlijst staan, ook als over toelating nog niet is besloten.",
        where="true",
        population=Population.EVERYBODY,
        source=Source.WAITING,
    ),
    Indicator(
        "durable",
        "Bestendige oplossingen",
        "Personen die de LVV verlieten na inwilliging van verblijf of door daadwerkelijk vertrek. "
        "Alleen de laatste uitstroom van een beëindigd verblijf telt.",
        where="exit_category in ('grant', 'return', 'onward')",
        part_of="sheltered",
    ),
    Indicator(
        "durable_grant",
        "Verblijf ingewilligd",
        "Personen die de LVV verlieten omdat hun verblijf is ingewilligd.",
        where=ENDED_BY.format("grant"),
        part_of="durable",
    ),
    Indicator(
        "durable_departure",
        "Daadwerkelijk vertrokken",
        "Personen die vertrokken naar het land van herkomst of doormigreerden.",
        where=DEPARTED,
        part_of="durable",
    ),
    Indicator(
        "departure_return",
        "Naar het land van herkomst",
        "Personen die vertrokken naar het land van herkomst.",
        where=ENDED_BY.format("return"),
        part_of="durable_departure",
    ),
    Indicator(
        "departure_onward",
        "Doormigratie",
        "Personen die vertrokken naar een derde land waar zij mogen blijven.",
        where=ENDED_BY.format("onward"),
        part_of="durable_departure",
    ),
    Indicator(
        "exit_azc_hasa",
        "Naar een AZC (HASA)",
        "Personen die naar een AZC gingen na een opvolgende asielaanvraag. Dit is geen bestendige oplossing.",
        where=ENDED_BY.format("azc_hasa"),
        part_of="sheltered",
    ),
    Indicator(
        "exit_art64",
        "Uitstel van vertrek (art. 64)",
        "Personen die de LVV verlieten omdat zij uitstel van vertrek kregen. Dit is geen bestendige oplossing.",
        where=ENDED_BY.format("art64"),
        part_of="sheltered",
    ),
    Indicator(
        "exit_unknown_destination",
        "Met onbekende bestemming vertrokken (MOB)",
        "Personen die de LVV verlieten zonder bekende bestemming.",
        where=ENDED_BY.format("unknown_destination"),
        part_of="sheltered",
    ),
    Indicator(
        "exit_back_to_bbb",
        "Terug naar een BBB",
        "Personen die teruggingen naar een bed-bad-broodvoorziening.",
        where=ENDED_BY.format("back_to_bbb"),
        part_of="sheltered",
    ),
    Indicator(
        "exit_terminated",
        "Verblijf gedwongen beëindigd",
        "Personen van wie het verblijf in de LVV gedwongen is beëindigd.",
        where=ENDED_BY.format("terminated"),
        part_of="sheltered",
    ),
    Indicator(
        "exit_other",
        "Overige uitstroom",
        "Personen die de LVV op een andere manier verlieten, zoals naar een andere gemeente.",
        where="exit_category not in ('grant', 'return', 'onward', 'azc_hasa', 'art64', 'unknown_destination',"
        " 'back_to_bbb', 'terminated')",
        part_of="sheltered",
    ),
    Indicator(
        "unexplained",
        "Niet verklaard",
        "Personen van wie het verblijf is geëindigd zonder dat een uitstroom is vastgelegd.",
        where="not is_present and exit_category is null",
        part_of="sheltered",
    ),
    Indicator(
        "mrt_discussed",
        "Besproken in het MRT",
        "Zaken die tot en met de peildatum in een multidisciplinair review team zijn besproken.",
        where="is_discussed",
        unit=Unit.CASES,
        source=Source.CASES,
    ),
    Indicator(
        "mrt_no_durable_solution",
        "MRT: geen bestendige oplossing mogelijk",
        "Zaken waarin het laatste MRT-advies zegt dat geen bestendige oplossing mogelijk is.",
        where="has_no_durable_solution",
        unit=Unit.CASES,
        source=Source.CASES,
    ),
    Indicator(
        "departure_destination",
        "Vertrokken, naar land van bestemming",
        "Daadwerkelijk vertrokken personen naar het land waarheen zij gingen.",
        where=DEPARTED,
        by="destination",
        part_of="durable_departure",
    ),
    Indicator(
        "present_by_sex",
        "Aanwezig naar geslacht",
        "Aanwezige personen naar geslacht.",
        where="is_present",
        by="coalesce(sex, 'unknown')",
        part_of="present",
    ),
    Indicator(
        "present_by_age",
        "Aanwezig naar leeftijd",
        "Aanwezige personen naar leeftijd: het jaar van de peildatum min het geboortejaar.",
        where="is_present",
        by=AGE_BANDS,
        part_of="present",
    ),
    Indicator(
        "present_by_nationality",
        "Aanwezig naar nationaliteit",
        "Aanwezige personen naar de nationaliteit van de leidende verklaring.",
        where="is_present",
        by="coalesce(nationality, 'ZZ')",
        part_of="present",
    ),
    Indicator(
        "present_by_procedures",
        "Aanwezig naar eerdere vertrekprocedures",
        "Aanwezige personen naar het aantal vertrekprocedures vóór de LVV.",
        where="is_present",
        by=PROCEDURE_BANDS,
        part_of="present",
    ),
    Indicator(
        "present_by_safe_country",
        "Aanwezig naar veilig land van herkomst",
        "Aanwezige personen die wel of niet uit een veilig land van herkomst komen.",
        where="is_present",
        by=SAFE_COUNTRY,
        part_of="present",
    ),
    Indicator(
        "outside_sheltered",
        "Buiten het convenant: ooit opgevangen",
        "Personen die zijn opgevangen hoewel zij buiten het convenant vallen. Zij tellen nergens anders mee.",
        where="true",
        population=Population.OUTSIDE,
    ),
    Indicator(
        "outside_present",
        "Buiten het convenant: aanwezig",
        "Personen buiten het convenant die op de peildatum in de LVV verblijven.",
        where="is_present",
        population=Population.OUTSIDE,
        part_of="outside_sheltered",
    ),
)

DEFINITION_SETS: dict[str, tuple[Indicator, ...]] = {"2020-11": SET_2020_11}
EXITS = (
    "durable",
    "exit_azc_hasa",
    "exit_art64",
    "exit_unknown_destination",
    "exit_back_to_bbb",
    "exit_terminated",
    "exit_other",
)


def indicator(code: str, definition_set: str = "2020-11") -> Indicator | None:
    """The indicator of a set with this code."""
    return next((i for i in DEFINITION_SETS.get(definition_set, ()) if i.code == code), None)
