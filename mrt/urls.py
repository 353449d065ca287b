from django.urls import path

from mrt.views import advice, answer, overview, request, team

app_name = "mrt"

urlpatterns = [
    path("", overview.escalation_list, name="escalation_list"),
    path("besluiten/<uuid:pk>/opschalen/", request.escalation_request, name="escalation_request"),
    path("<uuid:pk>/", overview.escalation_detail, name="escalation_detail"),
    path("<uuid:pk>/blad/", overview.request_sheet, name="request_sheet"),
    path("<uuid:pk>/aanvraag/", request.request_elaborate, name="request_elaborate"),
    path("<uuid:pk>/hulp/", request.help_ask, name="help_ask"),
    path("voorbereiding/<uuid:pk>/klaar/", request.preparation_finish, name="preparation_finish"),
    path("<uuid:pk>/overleg/", request.review_convene, name="review_convene"),
    path("<uuid:pk>/zetel-toewijzen/", team.seat_assign, name="seat_assign"),
    path("<uuid:pk>/uitnodigen/", team.guest_invite, name="guest_invite"),
    path("<uuid:pk>/zetel-vrijmaken/", team.seat_release, name="seat_release"),
    path("<uuid:pk>/uitzondering/", team.waiver_ask, name="waiver_ask"),
    path("uitzonderingen/<uuid:pk>/beslissen/", team.waiver_judge, name="waiver_judge"),
    path("<uuid:pk>/bespreking/", advice.discussion_record, name="discussion_record"),
    path("<uuid:pk>/concept/", advice.advice_draft, name="advice_draft"),
    path("<uuid:pk>/opmerking/", advice.remark_write, name="remark_write"),
    path("<uuid:pk>/ondertekenen/", advice.advice_sign, name="advice_sign"),
    path("<uuid:pk>/heropenen/", advice.advice_revise, name="advice_revise"),
    path("<uuid:pk>/antwoord/", answer.answer_record, name="answer_record"),
    path("<uuid:pk>/hogerop/", answer.escalation_climb, name="escalation_climb"),
    path("hogerop/<uuid:pk>/uitkomst/", answer.rung_rule, name="rung_rule"),
]
