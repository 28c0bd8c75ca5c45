-- Sign-in by OpenID Connect: providers, which of their subjects is which user, sign-ins that are under way, and tokens of other
-- issuers that were used once. Times are UTC milliseconds; JSON is text.
CREATE TABLE identity_provider (
    name TEXT NOT NULL PRIMARY KEY,
    spec TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE identity (
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (provider, subject)
);
CREATE INDEX identity_user ON identity (user_name);
CREATE TABLE sign_in (
    state TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    browser TEXT NOT NULL,
    sealed TEXT NOT NULL,
    redirect TEXT NOT NULL,
    page TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE seen_token (
    hash TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
