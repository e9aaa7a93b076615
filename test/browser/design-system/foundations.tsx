import { readFileSync } from 'node:fs';
import { Icon, type IconName } from '../../../server/web/shell/frame/icon.tsx';

const base = readFileSync(new URL('../../../server/web/shell/assets/styles/base.css', import.meta.url), 'utf8');
const colours = [...base.matchAll(/^ {2}(--[\w-]+): light-dark\(/gm)].map(([, name = '']) => name);
const steps = [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1.25, 1.5, 2.25, 3];
const icons: IconName[] = ['home', 'key', 'history', 'person', 'key-asterisk', 'hubot', 'link', 'apps', 'people'];
const moreIcons: IconName[] = ['webhook', 'log', 'gear', 'search', 'kebab-horizontal', 'three-bars', 'x', 'sign-out'];

/** Colours, spacing, corners, shadows, type and icons. */
export function Foundations() {
  return (
    <>
      <h2>Colours</h2>
      <div class="sample grid">
        {colours.map((name) => (
          <div>
            <div style={`height: 2.5rem; background: var(${name}); border: 1px solid var(--line)`} />
            <code>{name}</code>
          </div>
        ))}
      </div>
      <h2>Spacing</h2>
      <div class="sample">
        {steps.map((step) => (
          <div style="display: flex; gap: 1rem; align-items: center">
            <code style="width: 5rem">{step}rem</code>
            <div style={`width: ${step}rem; height: 0.75rem; background: var(--accent)`} />
          </div>
        ))}
      </div>
      <h2>Corners and shadows</h2>
      <div class="sample grid">
        {['--radius', '--radius-small'].map((name) => (
          <div style={`padding: 1rem; border: 1px solid var(--control-line); border-radius: var(${name})`}>
            <code>{name}</code>
          </div>
        ))}
        {['--shadow', '--shadow-high'].map((name) => (
          <div style={`padding: 1rem; border-radius: var(--radius); box-shadow: var(${name})`}>
            <code>{name}</code>
          </div>
        ))}
      </div>
      <h2>Type</h2>
      <Type />
      <h2>Icons</h2>
      <div class="sample row">
        {[...icons, ...moreIcons].map((name) => (
          <Icon name={name} />
        ))}
      </div>
    </>
  );
}

function Type() {
  return (
    <div class="sample">
      <h1>The heading of a page</h1>
      <h2>The heading of a section</h2>
      <p class="lead">A sentence that says what a page is for.</p>
      <p>
        Text with <a href="/">a link to a page</a>, <strong>what matters</strong>, <code>code</code>, <kbd>/</kbd> and{' '}
        <span class="mono">tok_8fK2b1Qz</span>.
      </p>
      <p class="hint">A hint below a field.</p>
      <span class="sub">A second line in a table.</span>
      <pre>curl -H "Authorization: Token $TOKENS_TOKEN" https://api.example.com/</pre>
      <dl class="facts">
        <dt>Owner</dt>
        <dd>ada@example.com</dd>
        <dt>Prefix</dt>
        <dd>
          <code>tok_8fK2b1Qz</code>
        </dd>
      </dl>
    </div>
  );
}
