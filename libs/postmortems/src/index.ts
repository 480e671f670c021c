export { PostmortemsHttpModule } from './postmortems-http.module.js';
