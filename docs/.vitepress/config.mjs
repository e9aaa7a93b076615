import { defineConfig } from 'vitepress';
import { copyLinkedFiles, linkToRepository } from './repository-links.mjs';

export default defineConfig({
  title: 'tokens',
  description: 'Self-hosted personal API tokens for your internal APIs',
  lang: 'en',
  outDir: '../site',
  cacheDir: '../node_modules/.cache/vitepress',
  cleanUrls: false,
  // Braces in headings such as `/tokens/{id}` are text, not attributes.
  markdown: { config: linkToRepository, attrs: { disable: true } },
  buildEnd: copyLinkedFiles,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'How it works', link: '/how-it-works' },
      { text: 'Reference', link: '/settings' },
      { text: 'Security', link: '/project/security' },
    ],
    sidebar: [
      {
        text: 'Start here',
        items: [
          { text: 'Overview', link: '/' },
          { text: 'Tutorial', link: '/tutorial' },
          { text: 'First ten minutes', link: '/first-ten-minutes' },
          { text: 'Glossary', link: '/glossary' },
        ],
      },
      {
        text: 'Guides',
        items: [
          { text: 'Protect an API', link: '/proxies' },
          { text: 'Apps', link: '/apps' },
          { text: 'Several apps, people and scripts', link: '/recipes' },
          { text: 'Clients', link: '/clients' },
          { text: 'Rotate tokens', link: '/rotation' },
          { text: 'Limit what a token may do', link: '/rules' },
          { text: 'Management keys', link: '/management-keys' },
          { text: 'CI without secrets', link: '/ci' },
          { text: 'Find leaked tokens', link: '/leaks' },
          { text: 'Ask tokensd from your API', link: '/introspection' },
          { text: 'Members', link: '/members' },
          { text: 'Declared state', link: '/declared-state' },
          { text: 'Sign-in', link: '/sign-in' },
          { text: 'Single sign-on', link: '/single-sign-on' },
          { text: 'Console', link: '/console' },
          { text: 'Command line', link: '/cli' },
          { text: 'Install', link: '/install' },
          { text: 'Run in production', link: '/production' },
          { text: 'PostgreSQL', link: '/postgresql' },
          { text: 'Mail', link: '/mail' },
          { text: 'Webhooks', link: '/webhooks' },
          { text: 'Expiry and notices', link: '/expiry' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'Settings', link: '/settings' },
          { text: 'Commands of tokens', link: '/reference/tokens' },
          { text: 'Commands of tokensd', link: '/reference/tokensd' },
          { text: 'API and problems', link: '/api' },
          { text: 'API routes', link: '/reference/api' },
          { text: 'Audit events', link: '/audit' },
          { text: 'Guarantees', link: '/guarantees' },
        ],
      },
      {
        text: 'Internals',
        items: [
          { text: 'How it works', link: '/how-it-works' },
          { text: 'From use to rule', link: '/from-use-to-rule' },
          { text: 'The console before and after', link: '/before-and-after' },
          { text: 'Architecture', link: '/project/architecture' },
          { text: 'Security', link: '/project/security' },
          { text: 'Contributing', link: '/project/contributing' },
          { text: 'Changelog', link: '/project/changelog' },
        ],
      },
    ],
  },
});
