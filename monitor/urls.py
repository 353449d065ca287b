from django.urls import path

from monitor.views import definitions, figures, releases, reviews, rounds, tallies

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
    path("rondes/<uuid:pk>/uitgeven/", releases.release_make, name="release_make"),
    path("uitgaven/", releases.release_list, name="release_list"),
    path("uitgaven/sleutels.json", releases.release_keys_json, name="release_keys_json"),
    path("uitgaven/verifieer.py", releases.release_verifier_py, name="release_verifier_py"),
    path("uitgaven/<uuid:pk>/", releases.release_detail, name="release_detail"),
    path("uitgaven/<uuid:pk>/uitgave.json", releases.release_file_json, name="release_file_json"),
    path("uitgaven/<uuid:pk>/bewijs/<int:place>.json", releases.release_proof_json, name="release_proof_json"),
    path("uitgaven/<uuid:pk>/publicatie/", releases.release_move, name="release_move"),
    path("uitgaven/<uuid:pk>/lezers/", releases.reader_add, name="reader_add"),
    path("lezers/<uuid:pk>/stoppen/", releases.reader_stop, name="reader_stop"),
    path("opgaven/<uuid:pk>/", tallies.tally_detail, name="tally_detail"),
    path("opgaven/<uuid:pk>/verklaren/", tallies.tally_state, name="tally_state"),
    path("opgaven/<uuid:pk>/intrekken/", tallies.tally_take_back, name="tally_take_back"),
    path("opgaven/<uuid:pk>/akkoord/", tallies.tally_accept, name="tally_accept"),
    path("opgaven/<uuid:pk>/terugsturen/", tallies.tally_send_back, name="tally_send_back"),
    path("opgaven/<uuid:pk>/signalen/<slug:code>/", tallies.tally_signal, name="tally_signal"),
]
