curl -s -w "%{http_code}\n" -H "Authorization: Token $TOKENS_TOKEN" $SERVER/verify/forward-auth
