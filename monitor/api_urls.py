from django.urls import path

from accounts.api import Token
from monitor.api import counted, description, reference, released

app_name = "api"
# No address ends with a slash, and none is the same address with one (NL API Design Rules).
urlpatterns = [
    path("token", Token.as_view(), name="token"),
    path("editions", released.Editions.as_view(), name="editions"),
    path("editions/<uuid:release>", released.OneEdition.as_view(), name="edition"),
    path("editions/<uuid:release>/figures", released.EditionFigures.as_view(), name="edition_figures"),
    path("editions/<uuid:release>/proofs/<int:place>", released.EditionProof.as_view(), name="edition_proof"),
    path("signing-keys", released.SigningKeys.as_view(), name="signing_keys"),
    path("releases", released.Releases.as_view(), name="releases"),
    path("releases/<uuid:release>", released.OneRelease.as_view(), name="release"),
    path("releases/<uuid:release>/figures", released.ReleaseFigures.as_view(), name="release_figures"),
    path("releases/<uuid:release>/proofs/<int:place>", released.ReleaseProof.as_view(), name="release_proof"),
    path("figures", counted.Figures.as_view(), name="figures"),
    path("series", counted.Series.as_view(), name="series"),
    path("review-analysis", counted.ReviewAnalysis.as_view(), name="review_analysis"),
    path("definition-sets", reference.DefinitionSets.as_view(), name="definition_sets"),
    path("definition-sets/<str:name>", reference.OneDefinitionSet.as_view(), name="definition_set"),
    path("reference-lists", reference.ReferenceLists.as_view(), name="reference_lists"),
    path("reference-lists/<str:name>", reference.OneReferenceList.as_view(), name="reference_list"),
    path("openapi.json", description.OpenApi.as_view(), name="openapi"),
]
