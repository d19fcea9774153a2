import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const gateway = process.env.RAPPORT_URL ?? 'http://127.0.0.1:8080';

/** In the product the gateway serves graphiql.html at /graphiql; the development server does the same. */
const graphiqlPath: Plugin = {
  name: 'graphiql-path',
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      if (request.url?.split('?')[0] === '/graphiql') request.url = '/graphiql.html';
      next();
    });
  },
};

/** GraphiQL's sheet carries its fonts as data: URLs, 260 kB that our content security policy would refuse. */
const withoutInlineFonts: Plugin = {
  name: 'without-inline-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/graphiql/dist/style.css')) return null;
    return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null };
  },
};

export default defineConfig({
  plugins: [react(), graphiqlPath, withoutInlineFonts],
  build: {
    // The size gate reads which files an entry needs.
    manifest: true,
    reportCompressedSize: false,
    // The content security policy allows no data: fonts or images.
    assetsInlineLimit: 0,
    // GraphiQL's editor is one large chunk, loaded by its own page only.
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: ['index.html', 'graphiql.html'],
      // react-compiler-runtime opts itself out of a compiler that is not used here.
      checks: { moduleLevelDirective: false },
    },
  },
  server: {
    proxy: { '/graphql': gateway, '/auth': gateway, '/health': gateway },
  },
});
