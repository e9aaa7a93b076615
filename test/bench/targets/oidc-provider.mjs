import Provider from 'oidc-provider';

// Set up as documented: tokens in memory, introspection enabled.
const provider = new Provider(`http://127.0.0.1:${process.env.PORT}`, {
  clients: [
    {
      client_id: 'client',
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
