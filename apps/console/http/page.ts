// The operators' web page, when it was built: its files, and index.html for every address that the page itself routes.
import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { type NextFunction, type Request, type Response } from 'express';

type Step = (request: Request, response: Response, next: NextFunction) => void;

/** Not the page's: these answer for themselves. */
const reserved = /^\/(api|health|metrics)(\/|$)/;

export function page(folder: string): readonly Step[] {
  const index = path.join(folder, 'index.html');
  if (!existsSync(index)) return [];
  // Files under assets/ carry a hash in their names: they never change.
  const files = express.static(folder, { index: false, setHeaders: cacheByName });
  const fallback: Step = (request, response, next) => {
    const wanted =
      request.method === 'GET' && !reserved.test(request.path) && request.accepts('html') === 'html';
    if (!wanted || path.extname(request.path) !== '') return next();
    response.setHeader('cache-control', 'no-cache');
    response.sendFile(index);
  };
  return [files, fallback];
}

function cacheByName(response: Response, file: string): void {
  const lasting = file.includes(`${path.sep}assets${path.sep}`);
  response.setHeader('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
}
