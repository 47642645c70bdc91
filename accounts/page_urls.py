"""Addresses of the account's pages."""

from django.urls import path

from accounts.views import account, gate, tokens

urlpatterns = [
    path("register/", gate.register, name="register"),
    path("sign-in/", gate.sign_in, name="sign-in"),
    path("sign-out/", gate.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/profile/", account.profile, name="change-profile"),
    path("account/preferences/", account.preferences, name="change-preferences"),
    path("account/password/", account.password, name="change-password"),
    path("account/theme/", account.save_theme, name="save-theme"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/sign-out-everywhere/", tokens.sign_out_everywhere, name="sign-out-everywhere"),
]
