import Provider from 'oidc-provider';

// As its documentation sets it up: tokens in memory, introspection on.
const provider = new Provider(`http://127.0.0.1:${process.env.PORT}`, {
  clients: [
    {
      client_id: 'service',
      client_secret: 'only-for-the-benchmark',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    devInteractions: { enabled: false },
  },
});
provider.listen(Number(process.env.PORT), '127.0.0.1');
