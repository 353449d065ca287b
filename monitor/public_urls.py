from django.urls import path

from monitor.views import public

app_name = "public"
urlpatterns = [
    path("", public.edition_list, name="edition_list"),
    path("api/", public.api, name="api"),
    path("catalogus.jsonld", public.catalogue_json, name="catalogue_json"),
    path("sleutels.json", public.keys_json, name="keys_json"),
    path("verifieer.py", public.verifier_py, name="verifier_py"),
    path("<uuid:release>/", public.edition_detail, name="edition_detail"),
    path("<uuid:release>/uitgave.json", public.edition_file_json, name="edition_file_json"),
    path("<uuid:release>/cijfers.<str:form>", public.edition_table_file, name="edition_table_file"),
]
