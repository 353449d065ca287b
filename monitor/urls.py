from django.urls import path

from monitor.views import definitions, figures, reviews, rounds, tallies

app_name = "monitor"
urlpatterns = [
    path("", figures.measurement, name="measurement"),
    path("monitor.csv", figures.measurement_csv, name="measurement_csv"),
    path("belemmeringen/", reviews.review_analysis, name="review_analysis"),
    path("belemmeringen.csv", reviews.review_analysis_csv, name="review_analysis_csv"),
    path("eerdere-adviezen/", reviews.prior_advices, name="prior_advices"),
    path("cijfers/<slug:code>/", figures.figure, name="figure"),
    path("cijfers/<slug:code>/zaken/", figures.figure_cases, name="figure_cases"),
    path("definities/", definitions.definition_list, name="definition_list"),
    path("definities/<slug:code>/", definitions.definition_detail, name="definition_detail"),
    path("rondes/", rounds.round_list, name="round_list"),
    path("rondes/openen/", rounds.round_open, name="round_open"),
    path("rondes/<uuid:pk>/", rounds.round_detail, name="round_detail"),
    path("rondes/<uuid:pk>/kennismoment/", rounds.round_move, name="round_move"),
    path("rondes/<uuid:pk>/vervallen/", rounds.round_cancel, name="round_cancel"),
    path("opgaven/<uuid:pk>/", tallies.tally_detail, name="tally_detail"),
    path("opgaven/<uuid:pk>/verklaren/", tallies.tally_state, name="tally_state"),
    path("opgaven/<uuid:pk>/intrekken/", tallies.tally_take_back, name="tally_take_back"),
    path("opgaven/<uuid:pk>/akkoord/", tallies.tally_accept, name="tally_accept"),
    path("opgaven/<uuid:pk>/terugsturen/", tallies.tally_send_back, name="tally_send_back"),
    path("opgaven/<uuid:pk>/signalen/<slug:code>/", tallies.tally_signal, name="tally_signal"),
]
