"""Addresses of the moderators' workplace, and of what voters and the public see of it."""

from django.urls import path

from arena.moderation import views
from arena.moderation.consumers import QueueConsumer

app_name = "moderation"

urlpatterns = [
    path("moderation/", views.queue_page, name="queue"),
    path("moderation/cases/<int:case_id>/", views.case_page, name="case"),
    path("moderation/cases/<int:case_id>/votes/<int:vote_id>/", views.vote_page, name="vote"),
    path("moderation/cases/<int:case_id>/images/<uuid:image_id>/", views.image, name="image"),
    path("moderation/cases/<int:case_id>/claim/", views.claim, name="claim"),
    path("moderation/cases/<int:case_id>/release/", views.release, name="release"),
    path("moderation/cases/<int:case_id>/ban/", views.ban, name="ban"),
    path("moderation/voters/<uuid:voter_id>/", views.voter_page, name="voter"),
    path("moderation/filters/", views.save_filter, name="save_filter"),
    path("moderation/filters/<int:filter_id>/", views.drop_filter, name="drop_filter"),
    path("moderation/preview/", views.preview_page, name="preview"),
    path("moderation/decide/", views.decide, name="decide"),
    path("moderation/decisions/<int:decision_id>/undo/", views.undo, name="undo"),
    path("moderation/decisions/<int:decision_id>/second/", views.second, name="second"),
    path("moderation/appeals/<int:appeal_id>/", views.answer, name="answer"),
    path("moderation/quality/", views.quality_page, name="quality"),
    path("moderation/log/", views.log_page, name="log"),
    path("moderation/log.ndjson", views.log_export, name="log_export"),
    path("mine/decisions/", views.rulings, name="rulings"),
    path("mine/decisions/<int:decision_id>/appeal/", views.appeal, name="appeal"),
    path("transparency/", views.transparency, name="transparency"),
    path("transparency.json", views.transparency_json, name="transparency_json"),
]

websocket_urlpatterns = [
    path("ws/moderation/", QueueConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels takes them
]
