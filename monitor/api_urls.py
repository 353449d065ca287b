from django.urls import path

from accounts.api import Token
from monitor import api

app_name = "api"
# No address ends with a slash, and none is the same address with one (NL API Design Rules).
urlpatterns = [
    path("token", Token.as_view(), name="token"),
    path("figures", api.Figures.as_view(), name="figures"),
    path("review-analysis", api.ReviewAnalysis.as_view(), name="review_analysis"),
    path("definition-sets", api.DefinitionSets.as_view(), name="definition_sets"),
    path("definition-sets/<str:name>", api.OneDefinitionSet.as_view(), name="definition_set"),
    path("openapi.json", api.OpenApi.as_view(), name="openapi"),
]
