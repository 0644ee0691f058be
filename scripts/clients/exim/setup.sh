# SPDX-License-Identifier: CC0-1.0
# Once, in the new root: a configuration of Exim's own defaults, which goes before Debian's generated one.
cat > /etc/exim4/exim4.conf << 'END'
primary_hostname = client.example
qualify_domain = client.example
keep_environment =
dns_dnssec_ok = 1
queue_run_max = 50
log_selector = +tls_certificate_verified +smtp_connection +dnssec +millisec
# Deferred mail may be tried again at once.
retry_data_expire = 1s
never_users =
begin acl
begin routers
out:
  driver = dnslookup
  domains = ! client.example
  dnssec_request_domains = *
  transport = smtp_out
begin transports
smtp_out:
  driver = smtp
  dnssec_request_domains = *
  hosts_try_dane = *
  tls_verify_certificates = system
  tls_try_verify_hosts = *
  connect_timeout = 4s
  command_timeout = 4s
  data_timeout = 4s
  final_timeout = 4s
begin retry
* * F,1h,1s
END
