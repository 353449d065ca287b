from django.urls import path

from lvv.imports import views

app_name = "imports"

urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("<slug:which>/", views.import_upload, name="import_upload"),
    path("<slug:which>/voorbeeld.<slug:form>", views.import_example_file, name="import_example_file"),
    path("lijst/<uuid:pk>/", views.import_detail, name="import_detail"),
    path("lijst/<uuid:pk>/opmerkingen.<slug:form>", views.import_findings_file, name="import_findings_file"),
    path("lijst/<uuid:pk>/overnemen/", views.import_start, name="import_start"),
    path("lijst/<uuid:pk>/stoppen/", views.import_stop, name="import_stop"),
]
