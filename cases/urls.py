from django.urls import path

from cases.views import course, file, lists, persons

app_name = "cases"
urlpatterns = [
    path("", lists.case_list, name="case_list"),
    path("zoeken/", lists.case_search, name="case_search"),
    path("aanmelden/", persons.person_search, name="person_search"),
    path("aanmelden/nieuw/", persons.person_register, name="person_register"),
    path("<uuid:pk>/terugkeer/", persons.person_return, name="person_return"),
    path("<uuid:pk>/persoon/", persons.identity_restate, name="identity_restate"),
    path("<uuid:pk>/samenvoegen/", persons.person_merge, name="person_merge"),
    path("<uuid:pk>/toets/", course.admission_test, name="admission_test"),
    path("<uuid:pk>/toelating/", course.admission_decide, name="admission_decide"),
    path("<uuid:pk>/verblijf/", course.stay_place, name="stay_place"),
    path("<uuid:pk>/verblijf/einde/", course.stay_end, name="stay_end"),
    path("<uuid:pk>/wachtlijst/", course.waiting_start, name="waiting_start"),
    path("<uuid:pk>/wachtlijst/einde/", course.waiting_stop, name="waiting_stop"),
    path("<uuid:pk>/uitstroom/", course.exit_record, name="exit_record"),
    path("<uuid:pk>/sluiten/", course.case_close, name="case_close"),
    path("<uuid:pk>/procedure/", file.procedure_file, name="procedure_file"),
    path("<uuid:pk>/procedure/<uuid:procedure>/", file.procedure_decide, name="procedure_decide"),
    path("<uuid:pk>/feit/<slug:kind>/<uuid:fact>/intrekken/", file.fact_withdraw, name="fact_withdraw"),
    path("<uuid:pk>/notitie/", file.note_write, name="note_write"),
    path("<uuid:pk>/partij/", file.party_add, name="party_add"),
    path("<uuid:pk>/partij/<uuid:party>/einde/", file.party_end, name="party_end"),
]
