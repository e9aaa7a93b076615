import theme from 'vitepress/theme-without-fonts';

// The default theme without its web font, so that the site loads nothing but its own pages and styles.
export default theme;
