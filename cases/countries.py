"""Countries and nationalities by ISO 3166 alpha-2, with the Dutch names of the Unicode locale data."""

from babel import Locale

STATELESS, UNKNOWN = "XX", "ZZ"
# Not countries, though the locale data list them.
_OTHER_TERRITORIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}

COUNTRIES: dict[str, str] = dict(
    sorted(
        (
            (code, str(name))
            for code, name in Locale("nl").territories.items()
            if len(code) == 2 and code.isalpha() and code not in _OTHER_TERRITORIES
        ),
        key=lambda item: item[1],
    )
)
NATIONALITIES: dict[str, str] = {**COUNTRIES, STATELESS: "Staatloos", UNKNOWN: "Onbekend"}

# Safe countries of origin during the pilots. A list of the law that changes: verify it against the list in force.
# The worker's answer to the criterion decides; this only fills in the characteristic at registration.
SAFE_COUNTRIES = frozenset(
    {"AL", "AD", "AM", "AU", "BA", "BR", "CA", "CH", "DZ", "GE", "GH", "IN", "IS", "JM", "JP", "LI", "MA", "MC"}
    | {"ME", "MK", "MN", "NO", "NZ", "RS", "SM", "SN", "TG", "TN", "TT", "UA", "US", "VA", "XK"}
)


def is_safe(nationality: str) -> bool:
    return nationality in SAFE_COUNTRIES
