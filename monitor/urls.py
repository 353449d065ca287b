from django.urls import path

from monitor import views

app_name = "monitor"
urlpatterns = [
    path("", views.measurement, name="measurement"),
    path("monitor.csv", views.measurement_csv, name="measurement_csv"),
    path("belemmeringen/", views.review_analysis, name="review_analysis"),
    path("belemmeringen.csv", views.review_analysis_csv, name="review_analysis_csv"),
    path("eerdere-adviezen/", views.prior_advices, name="prior_advices"),
    path("cijfers/<slug:code>/", views.figure, name="figure"),
    path("cijfers/<slug:code>/zaken/", views.figure_cases, name="figure_cases"),
]
