from django.urls import path

from monitor import views

app_name = "monitor"
urlpatterns = [
    path("", views.measurement, name="measurement"),
    path("monitor.csv", views.measurement_csv, name="measurement_csv"),
    path("cijfers/<slug:code>/", views.figure, name="figure"),
    path("cijfers/<slug:code>/zaken/", views.figure_cases, name="figure_cases"),
]
