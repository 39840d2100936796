// Bundles src/colloquy.ts into dist/colloquy.js; style sheets are minified and enter as strings.
import { readFile, rm } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'

const styleSheets = {
  name: 'style-sheets',
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await esbuild.transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
      })
      return { contents: code.trim(), loader: 'text' }
    })
  },
}

const options = {
  entryPoints: ['src/colloquy.ts'],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  sourcemap: true,
  plugins: [styleSheets],
}

if (process.argv.includes('--watch')) {
  await (await esbuild.context(options)).watch()
} else {
  await rm('dist', { recursive: true, force: true })
  await esbuild.build(options)
  const bundle = await readFile('dist/colloquy.js')
  const kilobytes = bytes => `${(bytes / 1000).toFixed(1)} kB`
  console.log(`dist/colloquy.js ${kilobytes(bundle.length)}, ${kilobytes(gzipSync(bundle).length)} gzip`)
}
