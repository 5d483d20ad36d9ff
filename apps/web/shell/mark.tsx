import url from '../look/icon.svg';

export function Mark({ size = 26 }: { readonly size?: number }) {
  return <img src={url} width={size} height={size} alt="" />;
}
