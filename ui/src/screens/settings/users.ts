import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";

export type User = components["schemas"]["UserOut"];
export type Role = User["role"];
type Change = components["schemas"]["UserChange"];

export const ROLES: Role[] = ["viewer", "editor", "owner"];

const KEY = ["users"] as const;

export function useUsers() {
  return useQuery({ queryKey: KEY, queryFn: () => ask(client.GET("/api/v1/users")) });
}

function useDone() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: KEY });
}

export function useInvite() {
  const done = useDone();
  return useMutation({
    mutationFn: (body: components["schemas"]["UserIn"]) =>
      ask(client.POST("/api/v1/users", { body })),
    onSuccess: done,
  });
}

export function useChangeUser() {
  const done = useDone();
  return useMutation({
    mutationFn: ({ id, ...body }: Change & { id: string }) =>
      ask(client.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: id } }, body })),
    onSuccess: done,
  });
}

export function useRemoveUser() {
  const done = useDone();
  return useMutation({
    mutationFn: (user: User) =>
      ask(client.DELETE("/api/v1/users/{user_id}", { params: { path: { user_id: user.id } } })),
    onSuccess: done,
  });
}

export function useNewLink() {
  return useMutation({
    mutationFn: (user: User) =>
      ask(client.POST("/api/v1/users/{user_id}/link", { params: { path: { user_id: user.id } } })),
  });
}
