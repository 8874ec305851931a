# The portal of Debian's LemonLDAP::NG, without Apache or nginx.
use strict;
use warnings;
use Plack::Builder;
use Lemonldap::NG::Portal;

my $portal = Lemonldap::NG::Portal->run( {} );

builder {
    mount '/static' => builder {
        enable 'Plack::Middleware::Static', path => qr{.}, root => '/usr/share/lemonldap-ng/portal/htdocs/static';
        sub { [ 404, [], [''] ] };
    };
    mount '/' => $portal;
};
