"""The accounts' addresses, under /api/v1/auth/."""

from django.urls import path

from accounts import api
from accounts.keys import api as keys_api

app_name = "accounts"

urlpatterns = [
    path("register", api.RegisterView.as_view(), name="register"),
    path("token", api.TokenView.as_view(), name="token"),
    path("token/refresh", api.TokenRefreshView.as_view(), name="token-refresh"),
    path("logout", api.LogoutView.as_view(), name="logout"),
    path("session", api.SessionView.as_view(), name="session"),
    path("me", api.MeView.as_view(), name="me"),
    path("password", api.PasswordView.as_view(), name="password"),
    path("password/reset", api.AskForResetView.as_view(), name="ask-for-reset"),
    path("password/reset/confirm", api.PasswordResetView.as_view(), name="password-reset"),
    path("verification", api.VerificationView.as_view(), name="verification"),
    path("keys", keys_api.KeysView.as_view(), name="keys"),
    path("keys/<int:key_id>", keys_api.KeyView.as_view(), name="key"),
    path("sign-ins", api.SignInsView.as_view(), name="sign-ins"),
    path("sign-ins/<int:sign_in_id>", api.SignInView.as_view(), name="sign-in"),
]
