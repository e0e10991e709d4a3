/** Imported before any schema is made: zod then compiles none from strings, which the page's policy forbids. */
import { z } from 'zod';

z.config({ jitless: true });
