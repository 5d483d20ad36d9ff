// The public authorities that the system trusts, as its distribution has them: a real bundle, made by nobody here.
export const publicBundle = '/etc/ssl/certs/ca-certificates.crt';
export const withoutBundle = `skipped where ${publicBundle} is not there`;
