# SPDX-License-Identifier: CC0-1.0
# Once, in the new root: what the client under test is configured to do.
postconf -e \
	myhostname=client.example mydestination=localhost relayhost= \
	inet_protocols=all inet_interfaces=loopback-only \
	smtp_tls_security_level=may smtp_tls_loglevel=1 smtp_tls_session_cache_database= \
	smtp_tls_CAfile=/etc/ssl/certs/ca-certificates.crt \
	smtp_tls_policy_maps=socketmap:inet:127.0.0.1:8461:postfix
cat > /etc/mta-sts-daemon.yml << 'END'
host: 127.0.0.1
port: 8461
cache:
  type: internal
  options:
    cache_size: 10000
default_zone:
  strict_testing: false
  timeout: 4
END
