/** Sign-in: a name and a password begin a session in a cookie that no script reads; a token stays in this browser. */
import { Alert, Anchor, Button, Center, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconKey, IconLock, IconUser } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, Problem, token } from '../api/client';

export function SignInPage({ reason }: { reason: Problem }) {
  useDocumentTitle('Sign in · Tidemill');
  // Whoever came with a token that does not count sees why, where it is entered.
  const [byToken, setByToken] = useState(token.read() !== null);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack gap="sm" w="100%" maw={400} className="panel" p="xl">
        <Group gap="sm">
          <img src="/ui/mark.svg" alt="" width={30} height={30} />
          <Title order={1} size="h3">
            Sign in to Tidemill
          </Title>
        </Group>
        {token.read() === null ? (
          <Text size="sm" c="dimmed">
            This server asks everyone to sign in.
          </Text>
        ) : (
          <Alert color="red" p="xs">
            {reason.message}
          </Alert>
        )}
        <Elsewhere />
        {byToken ? <ByToken /> : <ByPassword />}
        <Anchor component="button" size="sm" onClick={() => setByToken(!byToken)} style={{ alignSelf: 'flex-start' }}>
          {byToken ? 'Sign in with a name and a password' : 'Sign in with a token'}
        </Anchor>
      </Stack>
    </Center>
  );
}

/** Accounts that people have already; a link, for the browser itself goes there and comes back. */
function Elsewhere() {
  const providers = useQuery({ queryKey: ['session', 'providers'], queryFn: () => ok(api.GET('/api/v1/session/providers')), retry: false });
  const items = providers.data?.items ?? [];
  if (items.length === 0) return null;
  const page = encodeURIComponent(window.location.pathname + window.location.search);
  return (
    <Stack gap="xs">
      {items.map(({ name, display_name }) => (
        <Button
          key={name} component="a" variant="default" leftSection={<IconUser size={16} />} onClick={() => token.forget()}
          href={`/api/v1/session/providers/${encodeURIComponent(name)}?page=${page}`}
        >
          Sign in with {display_name}
        </Button>
      ))}
    </Stack>
  );
}

function ByPassword() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [wrong, setWrong] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const enter = async () => {
    setBusy(true);
    token.forget();
    try {
      await ok(api.POST('/api/v1/session', { body: { user: user.trim(), password } }));
      window.location.reload();
    } catch (error) {
      setWrong(error as Error);
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void enter();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name" autoComplete="username" autoCapitalize="none" leftSection={<IconUser size={16} />}
          value={user} onChange={(event) => setUser(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password" autoComplete="current-password" leftSection={<IconLock size={16} />}
          value={password} onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {wrong !== undefined && (
          <Alert color="red" p="xs" role="alert">
            {wrong.message}
            {wrong instanceof Problem && wrong.hint !== undefined && <div>{wrong.hint}</div>}
          </Alert>
        )}
        <Button type="submit" loading={busy} disabled={user.trim() === '' || password === ''}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

function ByToken() {
  const [text, setText] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        token.write(text.trim());
        window.location.reload();
      }}
    >
      <Stack gap="sm">
        <PasswordInput
          label="Token" description="The owner's is in the file that the server named when it started; others make theirs with tidemill token create."
          leftSection={<IconKey size={16} />} value={text} onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" disabled={text.trim() === ''}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
