import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from "preact-iso";
import type { Me } from "../protocol";
import { Agenda } from "./agenda/Agenda";
import { Fault } from "./parts/Dialog";
import { Header } from "./parts/Header";
import { usePage } from "./parts/hooks";
import { Leaving } from "./parts/Leaving";
import { SignIn } from "./SignIn";
import { FreshDialog } from "./signin/FreshDialog";
import {
  facts,
  fault,
  isAuditorOnly,
  mayAdminister,
  mayBreakGlass,
  mayDropIn,
  maySeeDelegations,
  maySeeOutbox,
  maySeeRetention,
  maySeeStatistics,
  maySeeTrail,
  mayWriteTemplates,
  person,
  recognise,
} from "./who";
import { sentenceOf, t } from "./words";

const View = lazy(() => import("./view/View").then((module) => module.View));
const Consultation = lazy(() => import("./consultation/Consultation").then((module) => module.Consultation));
const Record = lazy(() => import("./record/Record").then((module) => module.Record));

const Services = lazy(() => import("./services/Services").then((module) => module.Services));

const Worklist = lazy(() => import("./worklist/Worklist").then((module) => module.Worklist));

const Report = lazy(() => import("./report/Report").then((module) => module.Report));
const Outbox = lazy(() => import("./messages/Outbox").then((module) => module.Outbox));
const Templates = lazy(() => import("./messages/Templates").then((module) => module.Templates));
const Received = lazy(() => import("./received/Received").then((module) => module.Received));

const StatisticsPage = lazy(() => import("./statistics/StatisticsPage").then((module) => module.StatisticsPage));

const RetentionPage = lazy(() => import("./retention/RetentionPage").then((module) => module.RetentionPage));

const EmergencyPage = lazy(() => import("./emergency/EmergencyPage").then((module) => module.EmergencyPage));
const EmergencyReading = lazy(() => import("./emergency/EmergencyReading").then((module) => module.EmergencyReading));
const DelegationPage = lazy(() => import("./delegation/DelegationPage").then((module) => module.DelegationPage));

const ProtectionPage = lazy(() => import("./protection/ProtectionPage").then((module) => module.ProtectionPage));

const TrailPage = lazy(() => import("./trail/TrailPage").then((module) => module.TrailPage));
const Activity = lazy(() => import("./signin/Activity").then((module) => module.Activity));
const Proved = lazy(() => import("./signin/Proved").then((module) => module.Proved));

const SummaryPage = lazy(() => import("./summary/SummaryPage").then((module) => module.SummaryPage));

const LocalSignIn = lazy(() => import("./local/LocalSignIn").then((module) => module.LocalSignIn));
const SetUp = lazy(() => import("./local/SetUp").then((module) => module.SetUp));
const People = lazy(() => import("./admin/People").then((module) => module.People));
const Providers = lazy(() => import("./admin/Providers").then((module) => module.Providers));
const Pacs = lazy(() => import("./admin/Pacs").then((module) => module.Pacs));
const Tokens = lazy(() => import("./admin/Tokens").then((module) => module.Tokens));
const Looks = lazy(() => import("./admin/Looks").then((module) => module.Looks));
const Senders = lazy(() => import("./admin/Senders").then((module) => module.Senders));
const Sites = lazy(() => import("./admin/Sites").then((module) => module.Sites));
const Changes = lazy(() => import("./admin/Changes").then((module) => module.Changes));
const Accounts = lazy(() => import("./local/Accounts").then((module) => module.Accounts));

export function App() {
  const [isCrashed, setCrashed] = useState(false);
  useEffect(() => {
    void recognise();
  }, []);
  if (isCrashed) return <Crashed />;
  return (
    // `/login` and `/logout` are the gateway's, not this page's.
    <LocationProvider scope="/app">
      <a class="skip" href="#content">
        {t("app.skip")}
      </a>
      <ErrorBoundary
        onError={(cause) => {
          console.error(cause);
          setCrashed(true);
        }}
      >
        <Router>
          <Route path="/app" component={AgendaPage} />
          <Route path="/app/day/:day" component={AgendaPage} />
          <Route path="/app/week/:day" component={WeekPage} />
          <Route path="/app/list/:day" component={ListPage} />
          <Route path="/app/services" component={ServicesPage} />
          <Route path="/app/worklist" component={WorklistPage} />
          <Route path="/app/outbox" component={OutboxPage} />
          <Route path="/app/templates" component={TemplatesPage} />
          <Route path="/app/summary/:appointment" component={SummaryRoute} />
          <Route path="/app/report/:appointment" component={ReportPage} />
          <Route path="/app/consultation/:appointment" component={ConsultationPage} />
          <Route path="/app/received/:appointment" component={ReceivedRoute} />
          <Route path="/app/statistics" component={StatisticsRoute} />
          <Route path="/app/retention" component={RetentionRoute} />
          <Route path="/app/trail" component={TrailRoute} />
          <Route path="/app/protection" component={ProtectionRoute} />
          <Route path="/app/emergency" component={EmergencyRoute} />
          <Route path="/app/emergency/:appointment" component={EmergencyReadingRoute} />
          <Route path="/app/delegations" component={DelegationRoute} />
          <Route path="/app/record/:appointment" component={RecordPage} />
          <Route path="/app/view/:appointment" component={ViewPage} />
          <Route path="/app/sign-in" component={SignIn} />
          <Route path="/app/activity" component={Activity} />
          <Route path="/app/proved" component={Proved} />
          <Route path="/app/local-sign-in" component={LocalSignIn} />
          <Route path="/app/account" component={SetUp} />
          <Route path="/app/admin/accounts" component={AccountsRoute} />
          <Route path="/app/admin/people" component={PeopleRoute} />
          <Route path="/app/admin/providers" component={ProvidersRoute} />
          <Route path="/app/admin/pacs" component={PacsRoute} />
          <Route path="/app/admin/tokens" component={TokensRoute} />
          <Route path="/app/admin/looks" component={LooksRoute} />
          <Route path="/app/admin/senders" component={SendersRoute} />
          <Route path="/app/admin/sites" component={SitesRoute} />
          <Route path="/app/admin/changes" component={ChangesRoute} />
          <Route default component={NotFound} />
        </Router>
        <Leaving />
        <FreshDialog />
      </ErrorBoundary>
    </LocationProvider>
  );
}

function AgendaPage({ day }: { day?: string }) {
  // Whoever reads the trail and nothing else has no agenda.
  return (
    <Signed>
      {(me) => (isAuditorOnly(me) ? <TrailPage /> : <Agenda me={me} {...(day !== undefined && { day })} />)}
    </Signed>
  );
}

function WeekPage({ day }: { day: string }) {
  return <Signed>{(me) => <Agenda me={me} day={day} view="week" />}</Signed>;
}

function ListPage({ day }: { day: string }) {
  return <Signed>{(me) => <Agenda me={me} day={day} view="list" />}</Signed>;
}

function ServicesPage() {
  return <Signed>{(me) => <Services me={me} />}</Signed>;
}

function ConsultationPage({ appointment }: { appointment: string }) {
  return <Signed>{() => <Consultation key={appointment} appointment={appointment} />}</Signed>;
}

function RecordPage({ appointment }: { appointment: string }) {
  return <Signed>{() => <Record key={appointment} appointment={appointment} />}</Signed>;
}

function ViewPage({ appointment }: { appointment: string }) {
  return <Signed>{() => <View key={appointment} appointment={appointment} />}</Signed>;
}

function WorklistPage() {
  return <Signed>{(me) => (mayDropIn(me) ? <Worklist /> : <NotFound />)}</Signed>;
}

function ReportPage({ appointment }: { appointment: string }) {
  return <Signed>{() => <Report key={appointment} appointment={appointment} />}</Signed>;
}

function OutboxPage() {
  return <Signed>{(me) => (maySeeOutbox(me) ? <Outbox /> : <NotFound />)}</Signed>;
}

function TemplatesPage() {
  return <Signed>{(me) => (mayWriteTemplates(me) ? <Templates /> : <NotFound />)}</Signed>;
}

function SummaryRoute({ appointment }: { appointment: string }) {
  return <Signed>{() => <SummaryPage key={appointment} appointment={appointment} />}</Signed>;
}

function ReceivedRoute({ appointment }: { appointment: string }) {
  return <Signed>{(me) => <Received key={appointment} me={me} appointment={appointment} />}</Signed>;
}

function StatisticsRoute() {
  return <Signed>{(me) => (maySeeStatistics(me) ? <StatisticsPage /> : <NotFound />)}</Signed>;
}

function RetentionRoute() {
  return <Signed>{(me) => (maySeeRetention(me) ? <RetentionPage /> : <NotFound />)}</Signed>;
}

function EmergencyRoute() {
  return <Signed>{(me) => (mayBreakGlass(me) ? <EmergencyPage /> : <NotFound />)}</Signed>;
}

function EmergencyReadingRoute({ appointment }: { appointment: string }) {
  return (
    <Signed>
      {(me) => (mayBreakGlass(me) ? <EmergencyReading key={appointment} appointment={appointment} /> : <NotFound />)}
    </Signed>
  );
}

function DelegationRoute() {
  return <Signed>{(me) => (maySeeDelegations(me) ? <DelegationPage /> : <NotFound />)}</Signed>;
}

function ProtectionRoute() {
  return <Signed>{() => <ProtectionPage />}</Signed>;
}

function TrailRoute() {
  return <Signed>{(me) => (maySeeTrail(me) ? <TrailPage /> : <NotFound />)}</Signed>;
}

function AccountsRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Accounts /> : <NotFound />)}</Signed>;
}

function PeopleRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <People /> : <NotFound />)}</Signed>;
}

function ProvidersRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Providers /> : <NotFound />)}</Signed>;
}

function PacsRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Pacs /> : <NotFound />)}</Signed>;
}

function TokensRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Tokens /> : <NotFound />)}</Signed>;
}

function LooksRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Looks /> : <NotFound />)}</Signed>;
}

function SendersRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Senders /> : <NotFound />)}</Signed>;
}

function SitesRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Sites /> : <NotFound />)}</Signed>;
}

function ChangesRoute() {
  return <Signed>{(me) => (mayAdminister(me) ? <Changes /> : <NotFound />)}</Signed>;
}

/** Shows its page to who is signed in, and leads everybody else to the sign-in and back. */
function Signed({ children }: { children: (me: Me) => ComponentChildren }) {
  const { url, route } = useLocation();
  const who = person.value;
  useEffect(() => {
    if (who === null) route(`/app/sign-in?problem=sign_in_needed&return_to=${encodeURIComponent(url)}`, true);
  }, [who, url, route]);
  if (who && facts.value) return <>{children(who)}</>;
  return (
    <main class="narrow" id="content">
      {fault.value ? (
        <Fault text={sentenceOf("unavailable")} onRetry={() => void recognise()} />
      ) : (
        <p class="muted" role="status">
          {t("app.loading")}
        </p>
      )}
    </main>
  );
}

function NotFound() {
  const heading = usePage(t("app.notFound"));
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("app.notFound")}
        </h1>
        <a class="button primary" href="/app">
          {t("app.backToAgenda")}
        </a>
      </main>
    </>
  );
}

function Crashed() {
  return (
    <main class="narrow" id="content">
      <Fault text={t("app.crashed")} />
      <button type="button" class="button primary" onClick={() => location.reload()}>
        {t("app.reload")}
      </button>
    </main>
  );
}
