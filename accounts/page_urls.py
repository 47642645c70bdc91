"""Addresses of the account's pages."""

from django.urls import path

from accounts.views import account, keys, new_address, password_reset, sign_in, sign_ins, tokens, verification

urlpatterns = [
    path("register/", sign_in.register, name="register"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("password-reset/", password_reset.ask, name="ask-for-reset"),
    path("password-reset/<uidb64>/<token>/", password_reset.set_password, name="set-password"),
    path("new-address/<str:proof>/", new_address.confirm, name="confirm-address"),
    path("account/", account.account, name="account"),
    path("account/profile/", account.profile, name="change-profile"),
    path("account/preferences/", account.preferences, name="change-preferences"),
    path("account/password/", account.password, name="change-password"),
    path("account/verification/", verification.send_link, name="send-verification"),
    path("account/theme/", account.save_theme, name="save-theme"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/keys/", keys.keys, name="api-keys"),
    path("account/keys/<int:number>/end/", keys.end, name="end-api-key"),
    path("account/sign-ins/others/end/", sign_ins.end_all_others, name="end-other-sign-ins"),
    path("account/sign-ins/<int:number>/end/", sign_ins.end_one, name="end-sign-in"),
    path("account/sign-out-everywhere/", tokens.sign_out_everywhere, name="sign-out-everywhere"),
]
