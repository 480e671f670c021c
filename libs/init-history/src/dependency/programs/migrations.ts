/** Programs that change a database's schema: they run long, and wait for nobody. */
import type { Call } from '../shell/run.js';

type Form = Readonly<{ programs: RegExp; args: RegExp }>;

const forms: readonly Form[] = [
  { programs: /^flyway$/, args: /\bmigrate\b/ },
  { programs: /^liquibase$/, args: /\bupdate\b/ },
  { programs: /^(?:migrate|golang-migrate)$/, args: /\bup\b|\bgoto\b/ },
  { programs: /^(?:alembic|flask|quart)$/, args: /\bupgrade\b/ },
  {
    programs: /^(?:python[\d.]*|manage\.py|django-admin|poetry|uv|pipenv)$/,
    args: /(?:^|\s)(?:\S*manage\.py )?migrate\b|\balembic upgrade\b/,
  },
  { programs: /^(?:rails|rake|bundle|bin\/rails)$/, args: /\bdb:(?:migrate|prepare|setup|schema:load)\b/ },
  {
    programs: /^(?:npx|npm|pnpm|yarn|bun|bunx|node|prisma|knex|sequelize|sequelize-cli|typeorm|drizzle-kit)$/,
    args: /\bmigrat(?:e|ion)[\w:-]*/,
  },
  {
    programs: /^(?:goose|dbmate|atlas|sqitch|tern|sql-migrate|diesel|sqlx|refinery)$/,
    args: /\b(?:up|migrate|apply|deploy|run)\b/,
  },
  { programs: /^dotnet$/, args: /\bef database update\b/ },
  { programs: /^php$/, args: /\bmigrate\b/ },
  { programs: /^(?:airflow|superset)$/, args: /^db (?:migrate|upgrade|init|upgradedb)\b|^upgradedb\b/ },
  { programs: /^temporal-(?:sql|cassandra)-tool$/, args: /\b(?:update-schema|setup-schema|create-database)\b/ },
];

/** Whether this call migrates. `--check` and `--plan` only look. */
export const migrates = ({ program, args }: Call): boolean => {
  const said = args.join(' ');
  return (
    !/--(?:check|plan|dry-run)\b/.test(said) &&
    forms.some((form) => form.programs.test(program) && form.args.test(said))
  );
};
