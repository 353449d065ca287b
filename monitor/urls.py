from django.urls import path

from monitor.views import definitions, figures, releases, reviews, rounds, settlements, tallies, trends

app_name = "monitor"
urlpatterns = [
    path("", figures.measurement, name="measurement"),
    path("monitor.<str:form>", figures.measurement_file, name="measurement_file"),
    path("verloop/", trends.trends, name="trends"),
    path("toen-en-nu/", figures.then_and_now, name="then_and_now"),
    path("belemmeringen/", reviews.review_analysis, name="review_analysis"),
    path("belemmeringen.<str:form>", reviews.review_analysis_file, name="review_analysis_file"),
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
    path("rondes/<uuid:pk>/uitzondering/", rounds.round_exempt, name="round_exempt"),
    path("uitzonderingen/<uuid:pk>/beeindigen/", rounds.exemption_end, name="exemption_end"),
    path("rondes/<uuid:pk>/uitgeven/", releases.release_make, name="release_make"),
    path("afstemming/<uuid:pk>/", settlements.settlement_detail, name="settlement_detail"),
    path("afstemming/<uuid:pk>/overige/", settlements.settlement_agree, name="settlement_agree"),
    path("afstemming/<uuid:pk>/ontbreekt/", settlements.settlement_missing, name="settlement_missing"),
    path("afstemming/<uuid:pk>/lijst/", settlements.settlement_compare, name="settlement_compare"),
    path(
        "afstemming/<uuid:pk>/voorbeeld.<str:form>", settlements.settlement_example_file, name="settlement_example_file"
    ),
    path("afstemming/<uuid:pk>/ondertekenen/", settlements.settlement_sign, name="settlement_sign"),
    path("afstemming/persoon/<uuid:pk>/antwoord/", settlements.item_reply, name="item_reply"),
    path("afstemming/persoon/<uuid:pk>/besluit/", settlements.item_rule, name="item_rule"),
    path("uitgaven/", releases.release_list, name="release_list"),
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
