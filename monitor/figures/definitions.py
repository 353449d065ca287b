"""The national definition sets, oldest first. A set is never changed: what counts differently gets a set of its own.

`2020-11` is the set of the letter of 17 November 2020 (design 5). Before it, temporary outcomes still counted as
durable solutions, and persons outside the covenants counted too (letter, "Voortgang LVV's"). From 2022 on the exits
stand in the three groups of the evaluation (domain 3.4).

To add an indicator: one entry here, and one row in `tests/monitor/test_indicators.py` with a small world and the
figure that a person would count by hand.
"""

from dataclasses import replace
from datetime import date

from cases.models import Sex
from monitor.figures.indicators import DefinitionSet, Indicator, Population, Source, Unit

ENDED_BY = "exit_category = '{}'"
DEPARTED = "exit_category in ('return', 'onward')"
DURABLE = "exit_category in ('grant', 'return', 'onward')"
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
        where=DURABLE,
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
        values=tuple(Sex.values),
        part_of="present",
    ),
    Indicator(
        "present_by_age",
        "Aanwezig naar leeftijd",
        "Aanwezige personen naar leeftijd: het jaar van de peildatum min het geboortejaar.",
        where="is_present",
        by=AGE_BANDS,
        values=("0-17", "18-29", "30-39", "40-49", "50-59", "60+", "unknown"),
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
        values=("0", "1", "2-5", "6+", "unknown"),
        part_of="present",
    ),
    Indicator(
        "present_by_safe_country",
        "Aanwezig naar veilig land van herkomst",
        "Aanwezige personen die wel of niet uit een veilig land van herkomst komen.",
        where="is_present",
        by=SAFE_COUNTRY,
        values=("yes", "no", "unknown"),
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

_EXITS_2020_11 = (
    "durable",
    "exit_azc_hasa",
    "exit_art64",
    "exit_unknown_destination",
    "exit_back_to_bbb",
    "exit_terminated",
    "exit_other",
)


def _before_2020_11() -> tuple[Indicator, ...]:
    """The indicators of 2020-11, counted among all who were admitted, with temporary outcomes as durable solutions."""
    changed: dict[str, dict[str, str]] = {
        "durable": {
            "title": "Bestendige oplossingen, met tijdelijke",
            "definition": "Personen die de LVV verlieten na inwilliging van verblijf of door daadwerkelijk vertrek, "
            "maar ook naar een AZC na een opvolgende asielaanvraag of met uitstel van vertrek. Alleen de laatste "
            "uitstroom van een beëindigd verblijf telt.",
            "where": "exit_category in ('grant', 'return', 'onward', 'azc_hasa', 'art64')",
        },
        "exit_azc_hasa": {
            "definition": "Personen die naar een AZC gingen na een opvolgende asielaanvraag. Dit telde nog als "
            "bestendig.",
            "part_of": "durable",
        },
        "exit_art64": {
            "definition": "Personen die de LVV verlieten omdat zij uitstel van vertrek kregen. Dit telde nog als "
            "bestendig.",
            "part_of": "durable",
        },
    }
    counted = (
        replace(i, **changed.get(i.code, {}))  # type: ignore[arg-type]
        for i in SET_2020_11
        if i.population is not Population.OUTSIDE
    )
    return tuple(
        replace(i, population=Population.ADMITTED) if i.population is Population.INSIDE else i for i in counted
    )


def _from_2022() -> tuple[Indicator, ...]:
    """The indicators of 2020-11 with the exits in the evaluation's three groups; and stays and procedures."""
    semi_durable = Indicator(
        "semi_durable",
        "Semi-bestendige oplossingen",
        "Personen die de LVV verlieten naar een AZC na een opvolgende asielaanvraag, of met uitstel van vertrek.",
        where="exit_category in ('azc_hasa', 'art64')",
        part_of="sheltered",
    )
    no_solution = Indicator(
        "no_solution",
        "Geen oplossing",
        "Personen die de LVV op een andere manier verlieten: dat is geen bestendige en geen semi-bestendige oplossing.",
        where="exit_category not in ('grant', 'return', 'onward', 'azc_hasa', 'art64')",
        part_of="sheltered",
    )
    above = {
        "exit_azc_hasa": "semi_durable",
        "exit_art64": "semi_durable",
        "exit_unknown_destination": "no_solution",
        "exit_back_to_bbb": "no_solution",
        "exit_terminated": "no_solution",
        "exit_other": "no_solution",
    }
    kept = tuple(replace(i, part_of=above.get(i.code, i.part_of)) for i in SET_2020_11)
    return (*kept, semi_durable, no_solution, *_COURSE)


_COURSE = (
    Indicator(
        "stays",
        "Verblijven",
        "Verblijven in de LVV die tot en met de peildatum begonnen. Wie terugkwam, telt met elk verblijf mee.",
        where="true",
        unit=Unit.STAYS,
        source=Source.STAYS,
    ),
    Indicator(
        "procedures_pending",
        "Lopende procedures",
        "Verblijfsprocedures van aanwezige personen waarover op de peildatum nog niet is besloten.",
        where="is_present and is_pending",
        unit=Unit.PROCEDURES,
        source=Source.PROCEDURES,
    ),
)

_ALL_SETS = (
    DefinitionSet(
        "2019-04",
        "Eerste monitor",
        since=date(2019, 1, 1),
        source="De monitor van de start van de pilots, zoals de Kamerbrief van 17 november 2020 die beschrijft.",
        change="Tijdelijke uitkomsten tellen als bestendige oplossing, en wie buiten het convenant valt telt mee.",
        indicators=_before_2020_11(),
        exits=tuple(code for code in _EXITS_2020_11 if code not in {"exit_azc_hasa", "exit_art64"}),
    ),
    DefinitionSet(
        "2020-11",
        "Kamerbrief van 17 november 2020",
        since=date(2020, 11, 1),
        source="Kamerstuk 19 637, nr. 2677.",
        change="Tijdelijke uitkomsten tellen niet meer als bestendig. Wie buiten het convenant valt, telt apart.",
        indicators=SET_2020_11,
        exits=_EXITS_2020_11,
    ),
    DefinitionSet(
        "2022-01",
        "Drie groepen van de evaluatie",
        since=date(2022, 1, 1),
        source="De evaluatie van 2022 door Regioplan en het WODC.",
        change="De uitstroom staat in drie groepen: bestendig, semi-bestendig en geen oplossing. Verblijven en lopende "
        "procedures tellen apart.",
        indicators=_from_2022(),
        exits=("durable", "semi_durable", "no_solution"),
    ),
)
DEFINITION_SETS: dict[str, DefinitionSet] = {definition_set.code: definition_set for definition_set in _ALL_SETS}


def in_force(day: date) -> DefinitionSet:
    """The last set that had begun on a reference date; the first set for a day before all of them."""
    return max(
        (definition_set for definition_set in _ALL_SETS if definition_set.since <= day),
        key=lambda definition_set: definition_set.since,
        default=_ALL_SETS[0],
    )
